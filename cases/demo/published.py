"""The two published cases of the demo: Akhtem Chiygoz and Ilmi Umerov, fact by fact, each with who said it.

Facts only, from what newspapers and human rights organisations have published since 2015; where they disagree, all of
their accounts stand side by side, and the one that is accepted says why. docs/demo.md says what came from which sentence
of the first article.
"""

from cases.demo import chiygoz, umerov
from cases.demo.desk import Desk

CASES = 2


class Published:
    """Adds the two cases; `rng` draws the references."""

    def __init__(self, rng):
        self.desk = Desk(rng)

    def load(self):
        return [self.chiygoz(), self.umerov()]

    def chiygoz(self):
        return chiygoz.load(self.desk)

    def umerov(self):
        return umerov.load(self.desk)
