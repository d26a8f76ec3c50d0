"""Custom actions: what needs more than words, such as who can help this person here and now."""
