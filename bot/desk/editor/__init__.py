"""The editors' part of the desk: its pages and API over ``bot.editing``."""
