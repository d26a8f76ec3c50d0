"""An ordinary Rasa project that answers our questions: stock pipeline, stock channel, stock action server."""
