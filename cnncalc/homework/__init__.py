"""Homework about CNNs: explain, calculate, grade and set it.

- `quantities`: what a question can ask about a layer, block or network, and its names
- `explain/`: every number with its formula, in the notation of a course
- `calc/`: layers typed on one line, analyzed or evaluated on small arrays
- `answers/`: what students hand in: numbers, shapes, sheets
- `mistakes/`: tables of common mistakes, and the number each one gives
- `grade/`: verdicts, points and diagnoses
- `worksheet/`: sheets to fill in, and variants of a network
- `classroom/`: the list of a class and its sheets, graded together

Each package exports what others use; a package imports only from those above it in this list.
"""
