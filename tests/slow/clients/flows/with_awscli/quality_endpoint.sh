# Data-quality and model-quality monitors of the churn model on an endpoint, by awscli alone.
. "$PYTHONPATH/shell.sh"
name=churn-quality-cli
churn=$data/churn
requests=8

put "$churn/xgb-churn-prediction-model.tar.gz" model.tar.gz
put "$churn/training-dataset-with-header.csv" data/training-dataset-with-header.csv
put "$churn/validation_with_predictions.csv" data/validation_with_predictions.csv
deploy $name $xgboost "s3://$bucket/model.tar.gz" '{"CsvContentTypes": ["text/csv"]}'
lap endpoint

number=0
: >answers
head -n $requests "$churn/test-dataset-input-cols.csv" >rows
while IFS= read -r row; do
  printf %s "$row" >row
  aws sagemaker-runtime invoke-endpoint --endpoint-name $name --content-type text/csv --inference-id $number \
    --body fileb://row answer >created.json
  tr -d '\n' <answer >>answers
  echo >>answers
  number=$((number + 1))
done <rows
printf '%s\n' 1 0 1 0 1 0 1 0 >labels
seq 0 $((requests - 1)) | paste -d ' ' - labels | label
paste -sd , answers | sed 's/.*/[&]/' >found/answers.json
paste -sd , labels | sed 's/.*/[&]/' >found/labels.json
echo "[$requests, $requests]" >found/requests.json
echo 1 >found/odd.json
lap traffic

# A baseline of a data set: suggest PLACE FILE ENVIRONMENT
suggest() {
  path=/opt/ml/processing/input/baseline_dataset_input
  process "$name-$1" $analyzer "[$(input baseline_dataset_input "s3://$bucket/data/$2" $path)]" monitoring_output \
    "{\"dataset_format\": \"{\\\"csv\\\": {\\\"header\\\": true}}\", \"dataset_source\": \"$path\",
      \"output_path\": \"/opt/ml/processing/output\", \"publish_cloudwatch_metrics\": \"Disabled\" $3}"
  mkdir -p "found/$1/baseline"
  aws s3 sync "s3://$bucket/$name-$1/results" "found/$1/baseline" --only-show-errors
}

suggest data training-dataset-with-header.csv ''
suggest model validation_with_predictions.csv ', "analysis_type": "MODEL_QUALITY",
  "problem_type": "BinaryClassification", "inference_attribute": "prediction",
  "probability_attribute": "probability", "ground_truth_attribute": "label"'
lap baselines

common="\"JobResources\": $cluster, \"RoleArn\": \"$role\", \"StoppingCondition\": {\"MaxRuntimeInSeconds\": 1800}"
outputs="{\"MonitoringOutputs\": [{\"S3Output\": {\"S3Uri\": \"s3://$bucket/reports\",
  \"LocalPath\": \"/opt/ml/processing/output\", \"S3UploadMode\": \"EndOfJob\"}}]}"
endpoint="\"EndpointName\": \"$name\", \"LocalPath\": \"/opt/ml/processing/input_data\""
constraints() { echo "\"ConstraintsResource\": {\"S3Uri\": \"s3://$bucket/$name-$1/results/constraints.json\"}"; }
cat >data.json <<JSON
{"JobDefinitionName": "$name-d",
 "DataQualityBaselineConfig": {$(constraints data),
  "StatisticsResource": {"S3Uri": "s3://$bucket/$name-data/results/statistics.json"}},
 "DataQualityAppSpecification": {"ImageUri": "$analyzer"}, "DataQualityJobInput": {"EndpointInput": {$endpoint}},
 "DataQualityJobOutputConfig": $outputs, $common}
JSON
cat >model.json <<JSON
{"JobDefinitionName": "$name-m", "ModelQualityBaselineConfig": {$(constraints model)},
 "ModelQualityAppSpecification": {"ImageUri": "$analyzer", "ProblemType": "BinaryClassification"},
 "ModelQualityJobInput": {"GroundTruthS3Input": {"S3Uri": "s3://$bucket/truth"},
  "EndpointInput": {$endpoint, "ProbabilityAttribute": "0", "ProbabilityThresholdAttribute": 0.5,
   "StartTimeOffset": "-PT1H", "EndTimeOffset": "-PT0H"}},
 "ModelQualityJobOutputConfig": $outputs, $common}
JSON
aws sagemaker create-data-quality-job-definition --cli-input-json file://data.json >created.json
aws sagemaker create-model-quality-job-definition --cli-input-json file://model.json >created.json
watch $name-d DataQuality found/data
watch $name-m ModelQuality found/model
lap schedules

aws sagemaker delete-data-quality-job-definition --job-definition-name $name-d
aws sagemaker delete-model-quality-job-definition --job-definition-name $name-m
undeploy $name
finish
