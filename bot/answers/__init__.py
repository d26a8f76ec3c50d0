"""True answers: topics, facts with dates, organisations, translations, and the text made of them.

This package knows nobody: the Rasa server, the action server and the gateway use it.
"""
