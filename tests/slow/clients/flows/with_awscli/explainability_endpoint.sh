# An explainability monitor of the income model on an endpoint, JSON Lines, by awscli alone.
. "$PYTHONPATH/shell.sh"
name=income-cli
lines=application/jsonlines
adult=$data/adult
features='["Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation",
  "Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week", "Country"'
shap='"shap": {"baseline": [{"features": [39, 2, 184870, 10, 10, 3, 6, 1, 4, 1, 1597, 61, 41, 37]}],
  "num_samples": 100, "agg_method": "mean_abs", "save_local_shap_values": false}'
predictor="{\"model_name\": \"$name\", \"instance_type\": \"ml.m5.xlarge\", \"initial_instance_count\": 1,
  \"accept_type\": \"$lines\", \"content_type\": \"$lines\",
  \"content_template\": \"{\\\"features\\\":\$features}\", \"label\": \"score\"}"

put "$adult/ll-adult-prediction-model.tar.gz" model.tar.gz
put "$adult/validation-dataset.jsonl" data/validation-dataset.jsonl
deploy $name 382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1 "s3://$bucket/model.tar.gz" \
  "{\"JsonContentTypes\": [\"$lines\"]}"
lap endpoint

# Asks the endpoint for all records of a file at once: ask FILE ANSWERS
ask() {
  aws sagemaker-runtime invoke-endpoint --endpoint-name $name --content-type $lines --accept $lines \
    --body "fileb://$1" "$2" >created.json
}

head -n 2 "$adult/test-dataset.jsonl" >two.jsonl
ask two.jsonl answers
ask "$adult/test-dataset.jsonl" all
sed 's/["\\]/\\&/g; s/.*/"&"/' answers | paste -sd , | sed 's/.*/[&]/' >found/answers.json
sleep 1
aws s3 sync "s3://$bucket/capture" captured --only-show-errors
cat $(find captured -name '*.jsonl') | head -n 1 | sed 's/.*/[&]/' >found/captured.json
lap traffic

echo "{\"dataset_type\": \"$lines\", \"features\": \"features\", \"headers\": $features, \"Target\"],
  \"label\": \"label\", \"methods\": {\"report\": {\"name\": \"report\", \"title\": \"Analysis Report\"}, $shap},
  \"predictor\": $predictor}" >analysis_config.json
analyse $name-baseline "s3://$bucket/data/validation-dataset.jsonl" analysis_config.json
fetch $name-baseline/results/analysis.json found/baseline.json
lap baseline

echo "{\"headers\": $features], \"methods\": {$shap}, \"predictor\": $predictor}" >monitor.json
put monitor.json monitor/analysis_config.json
cat >definition.json <<JSON
{"JobDefinitionName": "$name",
 "ModelExplainabilityBaselineConfig": {
  "ConstraintsResource": {"S3Uri": "s3://$bucket/$name-baseline/results/analysis.json"}},
 "ModelExplainabilityAppSpecification": {
  "ImageUri": "$clarify", "ConfigUri": "s3://$bucket/monitor/analysis_config.json"},
 "ModelExplainabilityJobInput": {"EndpointInput": {"EndpointName": "$name",
  "LocalPath": "/opt/ml/processing/input/endpoint", "FeaturesAttribute": "features"}},
 "ModelExplainabilityJobOutputConfig": {"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://$bucket/reports",
  "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}}]},
 "JobResources": $cluster, "RoleArn": "$role", "StoppingCondition": {"MaxRuntimeInSeconds": 3600}}
JSON
aws sagemaker create-model-explainability-job-definition --cli-input-json file://definition.json >created.json
watch $name ModelExplainability found
lap schedule

aws sagemaker delete-model-explainability-job-definition --job-definition-name $name
undeploy $name
finish
