"""What a network responds to: gradient flow, effective fields, occlusion, top patches, equivariance."""
