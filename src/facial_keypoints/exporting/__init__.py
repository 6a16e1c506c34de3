"""Trained networks as files that others run: torch.export's, ONNX, ONNX in int8, and what has to be known of them."""
