"""Common mistakes as data, and the layer or number that each one gives.

The result of a mistake is recomputed, from the layer's own class with an option changed or from a formula
with a term changed; it is never guessed from the answer.

To add a mistake, add a row to its table, next to equally likely ones, and a case to `CASES` in
tests/homework/mistakes/test_mistakes.py:

- about a layer's options, size or depth: `LayerMistake` in `layers`
- about a number (parameters, MACs …): a wrong formula in `counts`, and its sentence in `SENTENCES`
- about receptive fields and jumps: `FieldMistake` in `fields`
- about units and factors: `ScaleMistake` in `scales`

The student reads the sentence: no numbers, no full stop. A mistake selects layers by their classes
(`family`, `has_neurons`, options), never by names of kinds, so a new kind has the mistakes of its family.

`cause` ranks causes, `causes` builds the table of wrong values for a question, `evidence` rejects chance
matches, `reference` caches the network under each mistake.
"""
