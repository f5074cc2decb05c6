"""What goes wrong when people count: mistakes as data, and the layer or number that each leads to.

What a mistake leads to is recomputed, from the layer's own class with an option changed or from a formula
with a term changed; it is never guessed from the answer.

To add a mistake, add a row to its table, among those that are as likely, and a case to `MISTAKEN` in
tests/homework/mistakes/test_mistakes.py:

- about a layer's options, size or depth: `LayerMistake` in `layers`
- about a number (parameters, MACs …): a wrong formula in `counts`, and its sentence in `SAYS`
- about receptive fields and jumps: `FieldMistake` in `fields`
- about units and factors: `ScaleMistake` in `scales`

The sentence is said to the student: no numbers, no full stop. Which layers a mistake is about is asked of
their classes (`family`, `has_neurons`, options), never of the names of kinds: a new kind has the mistakes of
its family.

`cause` ranks causes, `causes` makes the table of wrong values of a question, `evidence` tells a match from
chance, `reference` keeps what a network becomes by each mistake.
"""
