"""Bringing back what was: a record to a version, a deleted record with all that went with it, everything that one act did.

Each is a Plan: which row gets which stored values, worked out from history, checked against what there is now, shown in
words, and carried out in one transaction or not at all. What a plan would break is found by trying it (carry_out).
"""
