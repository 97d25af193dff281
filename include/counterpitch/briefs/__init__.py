"""Content briefs as user stories: written from gaps, decided by a person, exported."""
