"""What a network sees: which inputs matter to a unit, what excites it, and what becomes of a shift."""
