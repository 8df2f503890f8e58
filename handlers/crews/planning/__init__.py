"""The planning of crews' work, without a database: a day goes in, a plan comes out.

A `Day` holds what is to be done and who is there to do it. A `Planner` makes a `Plan` of it: `LocalSearch` is the one in
service, `greedy` its fallback; `benchmarks/crew_plans.py` measures them against other rules.
"""
