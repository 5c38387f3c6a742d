"""Slides and static pages from the stored notebooks: nothing is run, and nothing is fetched when they are
shown.
"""
