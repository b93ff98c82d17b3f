"""A contact center's day, run through the real decisions: who would wait how long, with these customers and agents.

`day` says who comes and who works, `floor` runs it event by event over router.pool, `outcome` counts, `erlang` is the
formula that the simulation must agree with where the formula holds. Pure: no clock, no database, one seed.
"""
