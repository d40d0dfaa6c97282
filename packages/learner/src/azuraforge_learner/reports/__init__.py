"""Reports: what an experiment found, for people."""

from azuraforge_learner.reports.verdict import verdict_sentence
from azuraforge_learner.reports.writer import WrittenFile, render_card, write_reports

__all__ = ["WrittenFile", "render_card", "verdict_sentence", "write_reports"]
