"""Visualizations: gradient flow, effective receptive fields, occlusion, top patches, equivariance."""
