"""What happens to a platform of real processes, and what must hold afterwards: one file per kind of accident.

A scenario is a function of a house and a size. It plays, judges, and answers with a figure and a list of sentences,
empty if everything held. It also fails by raising: something that must happen did not happen in time.
"""
