"""Homework about networks: explained, worked through, graded, and set.

- `quantities` – what can be asked of a layer, a block or a network, and the names it is asked by
- `explain/` – every number with the formula that leads to it, in the notation of a course
- `calc/` – layers typed on one line, counted or worked through on small arrays
- `answers/` – what students hand in: numbers, shapes, sheets
- `mistakes/` – what goes wrong when people count, as tables, and the number each mistake leads to
- `grade/` – verdicts, points and diagnoses
- `worksheet/` – sheets to fill in, and variants of a network

Each package exports what others use; inside this room the packages import only from those above them.
"""
