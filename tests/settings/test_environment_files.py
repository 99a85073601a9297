"""What an environment file that is wrong is answered, and how files are laid over each other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sagemaker_monitor.settings import load, load_environment

from .conftest import DEV, MODEL, Project

KEYS = (
    "account, approval, compute, endpoint_url, images, network, notify, protected, region, registry, roles,"
    " scheduler, schedules, schema_version, storage, tags"
)
DURATION = "must be a duration in ISO 8601, such as PT30M, PT1H or P7D"

# name: (text to replace, its replacement or an appendix, the problems)
BAD_FILES: dict[str, tuple[str, str, list[str]]] = {
    "an account without quotes": (
        '"111122223333"',
        "444455556666",
        ['2: account: must be text, not the number 444455556666; quote it: "444455556666"'],
    ),
    "an account that YAML reads as octal": (
        '"111122223333"',
        "011122223333",
        ['2: account: must be text, not the number 011122223333; quote it: "011122223333"'],
    ),
    "an account with hyphens": (
        '"111122223333"',
        '"1111-2222-3333"',
        ["2: account: '1111-2222-3333' is not valid: expected 12 digits in quotes"],
    ),
    "the emulator's account": (
        "111122223333",
        "000000000000",
        ["2: account: is the emulator's: only local has it"],
    ),
    "a role of another account": (
        "111122223333:role",
        "444455556666:role",
        [
            "4: roles.execution: is a role of account 444455556666,"
            " but the environment's account is 111122223333",
        ],
    ),
    "a deploying role of another account": (
        "role/run",
        "role/run\n  deploy: arn:aws:iam::444455556666:role/deploy",
        [
            "5: roles.deploy: is a role of account 444455556666,"
            " but the environment's account is 111122223333",
        ],
    ),
    "an external id for no role": (
        "role/run",
        "role/run\n  external_id: bank-17",
        ["5: roles.external_id: says nothing without roles.deploy, the role that is assumed with it"],
    ),
    "a role that is a user": (
        "role/run",
        "user/run",
        [
            "4: roles.execution: 'arn:aws:iam::111122223333:user/run' is not valid:"
            " expected a role such as arn:aws:iam::444455556666:role/monitor-execution",
        ],
    ),
    "no storage": (
        "storage:\n  bucket: loans-dev\n",
        "",
        ["1: storage is missing (Where data, assets and reports are kept)"],
    ),
    "a bucket as URI": (
        "bucket: loans-dev",
        "bucket: s3://loans-dev",
        [
            "6: storage.bucket: 's3://loans-dev' is not valid:"
            " expected a bucket's name without s3://: 3 to 63 of a-z, 0-9, dot and hyphen",
        ],
    ),
    "a prefix with slashes around it": (
        "bucket: loans-dev",
        "bucket: loans-dev\n  prefix: /monitor/",
        [
            "7: storage.prefix: '/monitor/' is not valid:"
            " expected path parts joined by '/', without a leading or trailing one",
        ],
    ),
    "a name in the file": ("", "name: dev\n", [f"7: unknown key 'name'; allowed here: {KEYS}"]),
    "an endpoint": (
        "",
        "endpoint_url: http://127.0.0.1:4780\n",
        ["1: endpoint_url is for the environment 'local', and those called 'local-…', only"],
    ),
    "an endpoint off loopback": (
        "",
        "endpoint_url: http://example.com:4780\n",
        [
            "7: endpoint_url: 'http://example.com:4780' is not valid:"
            " expected the emulator's address such as http://127.0.0.1:4780",
        ],
    ),
    "durations that are none": (
        "",
        "compute: {checks: {max_runtime: 3600}, scripts: {max_runtime: P1Y}}\n"
        "approval: {evidence_max_age: 12:30}\n",
        [
            f"7: compute.checks.max_runtime: {DURATION}",
            f"7: compute.scripts.max_runtime: {DURATION}",
            f"8: approval.evidence_max_age: {DURATION}",
        ],
    ),
    "durations out of bounds": (
        "",
        "compute: {checks: {max_runtime: P10D}}\napproval: {evidence_max_age: P0D}\n",
        [
            "7: compute.checks.max_runtime: must be at most P9D,"
            " the longest that SageMaker lets a processing job run",
            "8: approval.evidence_max_age: must be longer than nothing, such as PT1H",
        ],
    ),
    "an EC2 instance type": (
        "",
        "compute: {checks: {instance_type: m5.large}}\n",
        [
            "7: compute.checks.instance_type: 'm5.large' is not valid:"
            " expected an instance type such as ml.m5.large",
        ],
    ),
    "counts that are none": (
        "",
        "compute: {checks: {instance_count: 0, volume_size_gb: 1.5}, transform: {instance_count: yes}}\n",
        [
            "7: compute.transform.instance_count: must be a whole number,"
            " not true (YAML reads yes, no, on and off so)",
            "7: compute.checks.instance_count: must be at least 1, not 0",
            "7: compute.checks.volume_size_gb: must be a whole number, not the number 1.5",
        ],
    ),
    "an empty network": (
        "",
        "network: {}\n",
        [
            "7: network: subnets is missing (Subnets of the jobs)",
            "7: network: security_groups is missing (Security groups of the jobs)",
        ],
    ),
    "network ids mixed up": (
        "",
        "network: {subnets: [sg-0a1], security_groups: [sg-0a1]}\n",
        [
            "7: network.subnets[0]: 'sg-0a1' is not valid:"
            " expected a subnet's id such as subnet-0123456789abcdef0",
        ],
    ),
    "a group with another placeholder": (
        "",
        "registry: {model_package_group: '{model}-{env}'}\n",
        [
            "7: registry.model_package_group: '{model}-{env}' is not valid: expected letters and digits,"
            " with hyphens between them; '{model}' stands for the model's name",
        ],
    ),
    "tags that are not text": (
        "",
        "tags: {cost-center: 8812, active: no}\n",
        [
            '7: tags.cost-center: must be text, not the number 8812; quote it: "8812"',
            '7: tags.active: must be text, not false (YAML reads yes, no, on and off so); quote it: "no"',
        ],
    ),
    "tags that AWS would not take": (
        "",
        "tags: {aws:team: x, 'a&b': x, team: 'x;y', long: " + "x" * 257 + ", " + "k" * 129 + ": x}\n",
        [
            "7: tags.aws:team: begins with aws:, which AWS keeps for itself",
            "7: tags.a&b: holds '&': tags have letters, digits, spaces and _.:/=+-@ only",
            "7: tags.team: holds ';': tags have letters, digits, spaces and _.:/=+-@ only",
            "7: tags.long: the value has 257 characters, at most 256",
            f"7: tags.{'k' * 129}: the key has 129 characters, 1 to 128 are allowed",
        ],
    ),
    "a topic elsewhere": (
        "",
        "notify: {sns: arn:aws:sns:us-east-1:444455556666:risk}\n",
        [
            "7: notify.sns: is in region us-east-1, but the environment's is eu-west-1: name one there",
            "7: notify.sns: is in account 444455556666, but the environment's is 111122223333:"
            " name one there",
        ],
    ),
    "a topic that is none": (
        "",
        "notify: {sns: arn:aws:sns:eu-west-1:111122223333:risk.fifo}\n",
        [
            "7: notify.sns: 'arn:aws:sns:eu-west-1:111122223333:risk.fifo' is not valid: expected a standard"
            " topic such as arn:aws:sns:eu-west-1:444455556666:model-risk"
        ],
    ),
    "an end that is none": (
        "",
        "notify: {sns: arn:aws:sns:eu-west-1:111122223333:risk, told: [refused, failed, refused]}\n",
        [
            "7: notify.told[1]: must be one of refused, inconclusive, labels-missing, window-empty,"
            " no-evidence, broken, not the text 'failed'"
        ],
    ),
    "promotion from itself": (
        "",
        "approval: {require_promotion_from: dev}\n",
        [
            "7: approval.require_promotion_from: is this environment itself:"
            " name the one that versions come from"
        ],
    ),
    "promotion from nowhere": (
        "",
        "approval: {require_promotion_from: stagin}\n",
        ["7: approval.require_promotion_from: no environment 'stagin'; known: dev"],
    ),
    "too many tags": (
        "",
        "tags: {" + ", ".join(f"t{n}: x" for n in range(41)) + "}\n",
        ["7: tags: has 41 tags, at most 40"],
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_wrong_value_is_answered_with_line_path_and_what_is_allowed(name: str, project: Project) -> None:
    """Each mistake has the one message that leads to its correction."""
    old, new, expected = BAD_FILES[name]
    assert old in DEV
    project.write("environments/dev.yaml", DEV.replace(old, new) if old else DEV + new)

    problems = project.problems("environment", "dev")

    assert problems == [f"environments/dev.yaml:{problem}" for problem in expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "endpoint_url: http://127.0.0.1:4780\n",
            "",
            "1: endpoint_url is missing: 'local' is the emulator, http://127.0.0.1:<port>",
        ),
        ("4780", "70000", "3: endpoint_url: has port 70000: ports are 1 to 65535"),
        (
            "000000000000",
            "444455556666",
            '2: account: must be "000000000000" for local: the emulator is no AWS account',
        ),
    ],
)
def test_local_is_the_emulator_and_nothing_else(old: str, new: str, expected: str, project: Project) -> None:
    """The environment local has an address on loopback and the emulator's account."""
    local = DEV.replace("111122223333", "000000000000").replace(
        "roles:", "endpoint_url: http://127.0.0.1:4780\nroles:"
    )
    assert old in local
    project.write("environments/local.yaml", local.replace(old, new))

    assert project.problems("environment", "local") == [f"environments/local.yaml:{expected}"]


def test_other_environments_of_this_machine_are_emulators_too(project: Project) -> None:
    """What is called local-… has an address on loopback, and whichever account it plays."""
    local = DEV.replace("roles:", "endpoint_url: http://127.0.0.1:4781\nroles:")
    project.write("environments/local-prod.yaml", local)

    found = load_environment("local-prod", project.conf)

    assert (found.is_local, found.is_placeholder, found.account) == (True, False, "111122223333")
    project.write("environments/local-prod.yaml", DEV)
    (problem,) = project.problems("environment", "local-prod")
    assert problem.endswith("endpoint_url is missing: 'local-prod' is the emulator, http://127.0.0.1:<port>")


def test_a_central_registry_is_named_by_arn(project: Project) -> None:
    """The account of the registry is in the group's ARN, and its length does not count for the name."""
    project.write("environments/dev.yaml", DEV + 'registry: {account: "999988887777"}\n')
    project.write(f"models/{'m' * 60}.yaml", MODEL.replace("model: loans", f"model: {'m' * 60}"))

    found = load("m" * 60, "dev", project.conf)[1]

    expected = "arn:aws:sagemaker:eu-west-1:999988887777:model-package-group/m"
    assert found.model_package_group("m") == expected
    assert found.model_package_group_name("m") == "m"


def test_mappings_merge_and_everything_else_replaces(project: Project) -> None:
    """A deeper key of base stays, a list or a value of base does not."""
    project.write(
        "environments/base.yaml",
        "schema_version: 1\nregion: eu-west-1\n"
        "compute: {checks: {instance_count: 3, max_runtime: PT2H}}\n"
        "network: {subnets: [subnet-1, subnet-2], security_groups: [sg-1]}\n"
        "tags: {team: risk, stage: none}\n",
    )
    project.write(
        "environments/dev.yaml",
        DEV + "compute: {checks: {instance_count: 1}}\nnetwork: {subnets: [subnet-3]}\ntags: {stage: dev}\n",
    )

    environment = load_environment("dev", project.conf)

    assert environment.compute.checks.instance_count == 1
    assert environment.compute.checks.max_runtime == timedelta(hours=2)
    assert environment.network
    assert environment.network.subnets == ("subnet-3",)
    assert environment.network.security_groups == ("sg-1",)
    assert environment.tags == {"team": "risk", "stage": "dev"}


def test_an_environment_can_take_away_what_base_gives(project: Project) -> None:
    """A network of base is removed by an empty one."""
    project.write(
        "environments/base.yaml",
        "schema_version: 1\nregion: eu-west-1\nnetwork: {subnets: [subnet-1], security_groups: [sg-1]}\n",
    )
    project.write("environments/dev.yaml", DEV + "network:\n")

    assert load_environment("dev", project.conf).network is None


def test_a_problem_is_reported_in_the_file_that_says_it(project: Project) -> None:
    """What base says is base's mistake, what lies over it is the environment's."""
    project.write("environments/base.yaml", "schema_version: 1\nregion: europe\ntags:\n  a: 1\n  b: 2\n")
    project.write("environments/dev.yaml", DEV + "tags:\n  b: 3\n")

    problems = [
        problem.split(": must")[0].split(": '")[0] for problem in project.problems("environment", "dev")
    ]

    assert problems == [
        "environments/base.yaml:2: region",
        "environments/base.yaml:4: tags.a",
        "environments/dev.yaml:8: tags.b",
    ]


def test_a_list_over_a_value_is_not_answered_with_the_value_below(project: Project) -> None:
    """Nothing of a replaced value is left, not even how it was written."""
    project.write(
        "environments/base.yaml", "schema_version: 1\nregion: eu-west-1\nstorage: {bucket: below}\n"
    )
    project.write("environments/dev.yaml", DEV.replace("bucket: loans-dev", "bucket: [loans-dev]"))

    assert project.problems("environment", "dev") == [
        "environments/dev.yaml:6: storage.bucket: must be text, not a list"
    ]


def test_base_is_optional(project: Project) -> None:
    """A single environment may stand alone."""
    (project.conf / "environments/base.yaml").unlink()
    project.write("environments/dev.yaml", DEV + "region: eu-west-1\n")

    assert load_environment("dev", project.conf).region == "eu-west-1"


def test_problems_of_base_and_environment_come_together(project: Project) -> None:
    """Two unreadable files are two lines, not two attempts."""
    project.write("environments/base.yaml", "schema_version: 2\n")
    project.write("environments/dev.yaml", "")

    assert project.problems("environment", "dev") == [
        "environments/dev.yaml: is empty: it needs at least `schema_version: 1`",
        "environments/base.yaml:1: schema_version: is 2, newer than this version reads (1):"
        " upgrade sagemaker-monitor",
    ]
