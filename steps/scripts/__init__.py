"""What runs inside processing jobs, in AWS's scikit-learn image: single files for Python 3.8 and later."""
