"""What `04_numerical_derivatives.ipynb` needs: error against step, the explorer, exercises."""

TASKS = ()
