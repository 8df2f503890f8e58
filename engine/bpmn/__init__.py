"""The process engine behind one door: the only room that knows SpiffWorkflow."""
