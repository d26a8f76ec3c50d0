"""Wegwijzer: a multilingual rights assistant for labour migrants in the Netherlands."""
