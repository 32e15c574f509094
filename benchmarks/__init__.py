"""Speed, growth, memory and accuracy of the losses: `make bench`."""
