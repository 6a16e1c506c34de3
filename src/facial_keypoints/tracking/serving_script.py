"""What a logged model runs when it is loaded. MLflow's way to keep code as text instead of pickles of it."""

from mlflow.models import set_model

from facial_keypoints.served_model import ServedModel

set_model(ServedModel())
