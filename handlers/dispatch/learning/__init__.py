"""What past dispatches teach: which unit will handle a case, how probable that is, and how many cases like it say so.

A lesson is a case whose handling unit is known, as it was known when the case was reported. `contexts` names the circumstances
in which cases are alike, `tables` counts who handled the cases of each, `pairs` describes each unit that comes into question
by these counts, `trees` judge the description, and `model` holds all of it. `training` makes a model, walking forward
through time, so that nothing is ever judged by what came after it; `measuring` says how good one is. Only `fitting` knows
scikit-learn: a finished model is arrays, and proposes with NumPy alone.
"""
