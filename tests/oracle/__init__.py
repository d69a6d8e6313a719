"""The oracle: what the hub must answer, found by ordinary graphql-core execution over Python rows, without SQL.

    data = municipality.generate(seed)                          small municipalities with nasty values
    viewers.viewers(data)                                       who asks
    operations.Operations(oracle.core, model, data, seed).draw()     what is asked: document, variables, operation name
    oracle = Oracle(schema, model)
    oracle.answer(data, viewer, text, variables, name)          -> Outcome(body, touched, refused, problems)
    for entity, values in rows.written(data): ...               the same rows for the ledger, in link order

Predicates and masks (access.py) are written by hand from the permissions table of the domain reference, never derived
from the declarations, so that an error in a declaration shows as a difference. Nothing here imports the store, the
resolvers or the access package: what they share with the oracle they could not disagree about.
"""
