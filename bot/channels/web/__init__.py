"""The web channel: the public API and the chat page that uses it."""
