"""The desk: where Moviera's staff take over chats. Served by the gateway below ``/desk``."""
