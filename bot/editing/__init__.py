"""What staff change: versions of the content in git, the draft, trying it, and publishing it. Knows no web page."""
