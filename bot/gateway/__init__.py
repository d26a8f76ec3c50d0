"""The way of a message: stored first, checked for danger, answered in order, kept for as long as the table says.

It knows the understanding and the answers; channels know it.
"""
