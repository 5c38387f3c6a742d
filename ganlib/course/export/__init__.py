"""Slides and static pages from the stored notebooks: nothing is run, and showing them fetches nothing."""
