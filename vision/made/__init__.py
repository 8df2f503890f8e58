"""Street scenes that are drawn: for the tests of what watches, and for the camera of the demonstration.

Nothing in the other rooms of `vision` knows that a picture is drawn, and nothing is tuned to recognise it.
"""
