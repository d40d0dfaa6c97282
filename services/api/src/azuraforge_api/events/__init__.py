"""What happens to experiments, as pages, as a stream and over WebSocket."""
