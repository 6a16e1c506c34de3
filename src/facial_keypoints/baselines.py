"""Names of the baselines: predictions that look at no picture."""

MEAN_SHAPE = "mean_shape"  # of the training faces, each where it lies in its photograph
MEAN_SHAPE_IN_BOX = "mean_shape_in_box"  # of the training faces, each as it lies in its box
BASELINES = (MEAN_SHAPE, MEAN_SHAPE_IN_BOX)
