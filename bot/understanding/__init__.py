"""Understanding a message: its language, its words, its topic, and whether it shows danger.

This package knows nobody: the Rasa server and the gateway use it.
"""
