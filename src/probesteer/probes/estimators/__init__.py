"""Probes beside the logistic one, one file an estimator; `registry.ESTIMATORS` names them."""
