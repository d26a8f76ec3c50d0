"""What runs inside the Rasa server: graph components, wording, the gateway's channel, the tracker store."""
