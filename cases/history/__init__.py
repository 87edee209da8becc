"""Versions of records -> readable changes: what was changed, by whom, why, and what it said before.

words: differences between two versions, and what records are called. acts: which changes there are, act by act. telling: an
act in words, as pages show it.
"""

from cases.history.telling import tell
from cases.history.words import Difference, Names, differences, headline

__all__ = ["Difference", "Names", "differences", "headline", "tell"]
