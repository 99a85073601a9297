# The analysis as an image of your own, for `engine: own` and for Model Monitor's schedules.
# Build it in the repository's root and push it to the registry of the account that runs the jobs:
#   docker build --platform linux/amd64 --tag <registry>/<repository>:<tag> .
FROM python:3.11-slim

COPY constraints.txt /tmp/constraints.txt
RUN pip install --no-cache-dir --constraint /tmp/constraints.txt jmespath msgspec numpy polars scipy

# Of the package only the analysis: it imports nothing else of it, and no AWS library.
COPY sagemaker_monitor/__init__.py /srv/sagemaker_monitor/__init__.py
COPY sagemaker_monitor/analysis /srv/sagemaker_monitor/analysis
ENV PYTHONPATH=/srv
RUN python -m compileall -q /srv
ENV PYTHONUNBUFFERED=1

# No USER: SageMaker creates /opt/ml, outputs included, as root, and another user cannot write there.
ENTRYPOINT ["python", "-m", "sagemaker_monitor.analysis.container"]
# Model Monitor starts the image without arguments; the other is `clarify`.
CMD ["analyzer"]
