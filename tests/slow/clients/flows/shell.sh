# What the flows by awscli begin with: `. "$PYTHONPATH/shell.sh"`. Results are files below found/.
set -eu
data=$1 bucket=$2
role=arn:aws:iam::000000000000:role/service-role/AmazonSageMaker-ExecutionRole
account_of_clarify=205585389593.dkr.ecr.us-east-1.amazonaws.com
clarify=$account_of_clarify/sagemaker-clarify-processing:1.0
analyzer=156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer
xgboost=683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3
cluster='{"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}'
mkdir -p found
: >calls
echo "$(date +%s.%N) began" >laps

aws() { echo >>calls; command aws "$@"; }

lap() { echo "$(date +%s.%N) $1" >>laps; }

# Uploads a file: put FILE KEY
put() { aws s3 cp "$1" "s3://$bucket/$2" --only-show-errors; }

# Downloads an object: fetch KEY FILE
fetch() { aws s3 cp "s3://$bucket/$1" "$2" --only-show-errors; }

# The columns of a CSV file's header as a list in JSON: headers_of FILE
headers_of() { head -n 1 "$1" | tr -d '\r' | sed 's/[^,][^,]*/"&"/g; s/.*/[&]/'; }

# A processing job with one output, run to its end: process NAME IMAGE INPUTS OUTPUT ENVIRONMENT, where INPUTS is a
# list in JSON and ENVIRONMENT an object
process() {
  cat >job.json <<JSON
{
  "ProcessingJobName": "$1",
  "RoleArn": "$role",
  "AppSpecification": {"ImageUri": "$2"},
  "Environment": $5,
  "ProcessingInputs": $3,
  "ProcessingOutputConfig": {"Outputs": [{"OutputName": "$4", "S3Output": {
    "S3Uri": "s3://$bucket/$1/results", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}}]},
  "ProcessingResources": $cluster
}
JSON
  aws sagemaker create-processing-job --cli-input-json file://job.json >created.json
  aws sagemaker wait processing-job-completed-or-stopped --processing-job-name "$1"
}

# One input of a processing job: input NAME URI PATH
input() {
  echo "{\"InputName\": \"$1\", \"S3Input\": {\"S3Uri\": \"$2\", \"LocalPath\": \"$3\", \"S3DataType\": \"S3Prefix\"," \
    '"S3InputMode": "File"}}'
}

# Clarify's analysis of a data set: analyse NAME URI CONFIG
analyse() {
  put "$3" "$1/config/analysis_config.json"
  process "$1" "$clarify" "[
    $(input analysis_config "s3://$bucket/$1/config/analysis_config.json" /opt/ml/processing/input/config),
    $(input dataset "$2" /opt/ml/processing/input/data)]" analysis_result '{}'
}

# An endpoint with full data capture, in service: deploy NAME IMAGE ARTIFACT CONTENT_TYPES
deploy() {
  aws sagemaker create-model --model-name "$1" --execution-role-arn "$role" \
    --primary-container "Image=$2,ModelDataUrl=$3" >created.json
  aws sagemaker create-endpoint-config --endpoint-config-name "$1" --production-variants \
    "VariantName=AllTraffic,ModelName=$1,InstanceType=ml.m5.xlarge,InitialInstanceCount=1,InitialVariantWeight=1" \
    --data-capture-config "{\"EnableCapture\": true, \"InitialSamplingPercentage\": 100,
      \"DestinationS3Uri\": \"s3://$bucket/capture\", \"CaptureContentTypeHeader\": $4,
      \"CaptureOptions\": [{\"CaptureMode\": \"Input\"}, {\"CaptureMode\": \"Output\"}]}" >created.json
  aws sagemaker create-endpoint --endpoint-name "$1" --endpoint-config-name "$1" >created.json
  aws sagemaker wait endpoint-in-service --endpoint-name "$1"
}

# Deletes an endpoint and what it was made of: undeploy NAME
undeploy() {
  aws sagemaker delete-endpoint --endpoint-name "$1"
  aws sagemaker wait endpoint-deleted --endpoint-name "$1"
  aws sagemaker delete-endpoint-config --endpoint-config-name "$1"
  aws sagemaker delete-model --model-name "$1"
}

# Labels of inference ids as ground truth of this hour and the last one: reads lines "ID LABEL"
label() {
  awk '{printf "{\"groundTruthData\": {\"data\": \"%s\", \"encoding\": \"CSV\"}, ", $2
        printf "\"eventMetadata\": {\"eventId\": \"%s\"}, \"eventVersion\": \"0\"}\n", $1}' >truth.jsonl
  put truth.jsonl "truth/$(date -u +%Y/%m/%d/%H/%M%S).jsonl"
  put truth.jsonl "truth/$(date -u -d '1 hour ago' +%Y/%m/%d/%H/%M%S).jsonl"
}

# An hourly schedule of a job definition of the same name, and the end of its first execution: watch NAME KIND PLACE
# leaves status, log and reports in found/PLACE
watch() {
  aws sagemaker create-monitoring-schedule --monitoring-schedule-name "$1" --monitoring-schedule-config \
    "{\"ScheduleConfig\": {\"ScheduleExpression\": \"cron(0 * ? * * *)\"},
      \"MonitoringJobDefinitionName\": \"$1\", \"MonitoringType\": \"$2\"}" >created.json
  while :; do
    aws sagemaker describe-monitoring-schedule --monitoring-schedule-name "$1" \
      --query 'LastMonitoringExecutionSummary.[MonitoringExecutionStatus,ProcessingJobArn,FailureReason]' \
      --output text >last
    read -r status job reason <last || :
    case $status in None | Pending | InProgress) sleep 1 ;; *) break ;; esac
  done
  mkdir -p "$3"
  printf '"%s"' "$status" >"$3/status.json"
  log_of ProcessingJobs "${job##*/}" >"$3/log.json"
  aws s3 cp --recursive "s3://$bucket/reports/" reports --only-show-errors
  find reports -path "*/$1/*" -name '*.json' -exec cp {} "$3" \;
  aws sagemaker delete-monitoring-schedule --monitoring-schedule-name "$1"
}

# A bias monitor's job definition over labelled captures, held to the analysis of NAME-baseline:
# define_bias NAME CONFIG INPUT, where CONFIG is a file and INPUT a member of ModelBiasJobInput in JSON
define_bias() {
  put "$2" monitor/analysis_config.json
  cat >definition.json <<JSON
{"JobDefinitionName": "$1",
 "ModelBiasBaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://$bucket/$1-baseline/results/analysis.json"}},
 "ModelBiasAppSpecification": {"ImageUri": "$clarify", "ConfigUri": "s3://$bucket/monitor/analysis_config.json"},
 "ModelBiasJobInput": {$3, "GroundTruthS3Input": {"S3Uri": "s3://$bucket/truth"}},
 "ModelBiasJobOutputConfig": {"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://$bucket/reports",
  "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}}]},
 "JobResources": $cluster, "RoleArn": "$role", "StoppingCondition": {"MaxRuntimeInSeconds": 1800}}
JSON
  aws sagemaker create-model-bias-job-definition --cli-input-json file://definition.json >created.json
}

# The lines of a job's log as a list in JSON: log_of GROUP JOB
log_of() {
  stream=$(aws logs describe-log-streams --log-group-name "/aws/sagemaker/$1" --log-stream-name-prefix "$2/" \
    --query 'logStreams[0].logStreamName' --output text)
  aws logs get-log-events --log-group-name "/aws/sagemaker/$1" --log-stream-name "$stream" --start-from-head \
    --query 'events[].message' --output json
}

# Prints what was found
finish() {
  lap end
  python "$PYTHONPATH/gather.py"
}

aws s3 mb "s3://$bucket" >created.json
lap "bucket"
