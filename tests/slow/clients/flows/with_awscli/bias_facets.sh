# A bias monitor with fifteen facets on an endpoint, after training XGBoost, by awscli alone.
. "$PYTHONPATH/shell.sh"
name=churn-facets-cli
churn=$data/churn
xgboost=683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.5-1
states="AL CT ID IN KS MD MI MN NJ NY TX WV"
each_state=4
headers=$(headers_of "$churn/training-dataset-with-header.csv")
facets='["Account Length", 100], ["Int'\''l Plan_yes", 1], ["VMail Plan_yes", 1]'
for state in $states; do facets="$facets, [\"State_$state\", 1]"; done
bias="\"label\": \"Churn\", \"label_values_or_threshold\": [0], \"facet\": [$(echo "$facets" |
  sed 's/\[\("[^"]*"\), \([0-9]*\)\]/{"name_or_index": \1, "value_or_threshold": [\2]}/g')]"

# A channel of the training job, with the rows of a file below its header: channel NAME FILE
channel() {
  tail -n +2 "$churn/$2" | tr -d '\r' >"$1.csv"
  put "$1.csv" "$1/$1.csv"
  echo "{\"ChannelName\": \"$1\", \"ContentType\": \"csv\", \"DataSource\": {\"S3DataSource\": {
    \"S3DataType\": \"S3Prefix\", \"S3Uri\": \"s3://$bucket/$1/\", \"S3DataDistributionType\": \"FullyReplicated\"}}}"
}

cat >training.json <<JSON
{"TrainingJobName": "$name", "RoleArn": "$role",
 "AlgorithmSpecification": {"TrainingImage": "$xgboost", "TrainingInputMode": "File"},
 "HyperParameters": {"max_depth": "5", "eta": "0.2", "gamma": "4", "min_child_weight": "2", "subsample": "0.8",
  "verbosity": "0", "objective": "binary:logistic", "num_round": "100"},
 "InputDataConfig": [$(channel train training-dataset-with-header.csv),
  $(channel validation validation-dataset-with-header.csv)],
 "OutputDataConfig": {"S3OutputPath": "s3://$bucket/models"},
 "ResourceConfig": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
 "StoppingCondition": {"MaxRuntimeInSeconds": 3600}}
JSON
aws sagemaker create-training-job --cli-input-json file://training.json >created.json
aws sagemaker wait training-job-completed-or-stopped --training-job-name $name
model=$(aws sagemaker describe-training-job --training-job-name $name \
  --query ModelArtifacts.S3ModelArtifacts --output text)
log_of TrainingJobs $name >found/training_log.json
lap training

deploy $name $xgboost "$model" '{"CsvContentTypes": ["text/csv"]}'
lap endpoint

cat >analysis_config.json <<JSON
{"dataset_type": "text/csv", "headers": $headers, $bias,
 "methods": {"report": {"name": "report", "title": "Analysis Report"},
  "pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
 "predictor": {"endpoint_name": "$name", "accept_type": "text/csv", "content_type": "text/csv"},
 "probability_threshold": 0.5}
JSON
analyse $name-baseline "s3://$bucket/validation/validation.csv" analysis_config.json
fetch $name-baseline/results/analysis.json found/baseline.json
lap baseline

# Some records of each state that is a facet: every request is a start of the command. More than 40 are needed:
# numbers of which more than one in twenty is new are taken for continuous, and their labels for thresholds.
head -n 1 "$churn/training-dataset-with-header.csv" | tr -d '\r' >header
tr -d '\r' <"$churn/test-dataset.csv" | awk -F, -v names="$states" -v most=$each_state '
  BEGIN {
    split(names, of, " ")
    getline <"header"
    for (column = 1; column <= NF; column++) for (n in of) if ($column == "State_" of[n]) wanted[column]
  }
  { for (column in wanted) if ($column + 0 == 1 && taken[column]++ < most) { print; next } }' >rows
number=0
: >answers
while IFS= read -r row; do
  printf %s "${row#*,}" >row
  aws sagemaker-runtime invoke-endpoint --endpoint-name $name --content-type text/csv --inference-id $number \
    --body fileb://row answer >created.json
  tr -d '\n' <answer >>answers
  echo >>answers
  number=$((number + 1))
done <rows
cut -d , -f 1 rows | awk '{print NR - 1, $1}' | label
paste -sd , answers | sed 's/.*/[&]/' >found/answers.json
sed 's/[^,][^,]*/"&"/g; s/.*/[&]/' rows | paste -sd , | sed 's/.*/[&]/' >found/rows.json
echo "[$facets]" >found/facets.json
echo "$headers" >found/headers.json
lap traffic

echo "{\"headers\": $headers, $bias}" >monitor.json
define_bias $name monitor.json "\"EndpointInput\": {\"EndpointName\": \"$name\",
 \"LocalPath\": \"/opt/ml/processing/input/endpoint\", \"StartTimeOffset\": \"-PT1H\", \"EndTimeOffset\": \"-PT0H\",
 \"ProbabilityThresholdAttribute\": 0.5}"
watch $name ModelBias found
lap schedule

aws sagemaker delete-model-bias-job-definition --job-definition-name $name
undeploy $name
finish
