"""CloudWatch's alarms: moto keeps them and their data, and here they are evaluated and tell their topics."""
