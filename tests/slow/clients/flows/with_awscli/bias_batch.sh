# A batch bias monitor of the churn model, by awscli alone.
. "$PYTHONPATH/shell.sh"
name=churn-batch-cli
churn=$data/churn
headers=$(headers_of "$churn/validation-dataset-with-header.csv")
bias='"label": "Churn", "label_values_or_threshold": [1],
  "facet": [{"name_or_index": "Account Length", "value_or_threshold": [100]}]'

put "$churn/xgb-churn-prediction-model.tar.gz" model.tar.gz
mkdir upload
cp "$churn/validation-dataset-with-header.csv" "$churn/test-dataset-input-cols.csv" upload
aws s3 sync upload "s3://$bucket/data" --only-show-errors
aws sagemaker create-model --model-name $name --execution-role-arn $role \
  --primary-container "Image=$xgboost,ModelDataUrl=s3://$bucket/model.tar.gz" >created.json
lap model

aws sagemaker create-transform-job --transform-job-name $name --model-name $name --transform-input \
  "{\"DataSource\": {\"S3DataSource\": {\"S3DataType\": \"S3Prefix\",
    \"S3Uri\": \"s3://$bucket/data/test-dataset-input-cols.csv\"}},
    \"ContentType\": \"text/csv\", \"SplitType\": \"Line\"}" \
  --transform-output "S3OutputPath=s3://$bucket/scored,Accept=text/csv,AssembleWith=Line" \
  --transform-resources InstanceType=ml.m5.xlarge,InstanceCount=1 --data-processing JoinSource=Input \
  --data-capture-config "DestinationS3Uri=s3://$bucket/capture,GenerateInferenceId=true" >created.json
aws sagemaker wait transform-job-completed-or-stopped --transform-job-name $name
fetch scored/test-dataset-input-cols.csv.out scored.csv
lap transform

cat >analysis_config.json <<JSON
{"dataset_type": "text/csv", "headers": $headers, $bias,
 "methods": {"report": {"name": "report", "title": "Analysis Report"},
  "pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
 "predictor": {"model_name": "$name", "instance_type": "ml.m5.xlarge", "initial_instance_count": 1,
  "accept_type": "text/csv", "content_type": "text/csv", "probability": 0},
 "probability_threshold": 0.8}
JSON
analyse $name-baseline "s3://$bucket/data/validation-dataset-with-header.csv" analysis_config.json
fetch $name-baseline/results/analysis.json found/baseline.json
lap baseline

tr -d ' \n' <"$data/recorded/churn_bias_batch_csv/reconstructed_ground_truth.json" |
  sed 's/.*"labels":\[\([^]]*\)\].*/\1/' | tr ',' '\n' >labels
awk -F, '{print $(NF - 1)}' scored.csv | paste -d ' ' - labels | label
echo "{\"headers\": $headers, $bias}" >monitor.json
define_bias $name monitor.json "\"BatchTransformInput\": {\"DataCapturedDestinationS3Uri\": \"s3://$bucket/capture\",
 \"DatasetFormat\": {\"Csv\": {\"Header\": false}}, \"LocalPath\": \"/opt/ml/processing/transform\",
 \"ProbabilityAttribute\": \"0\", \"ProbabilityThresholdAttribute\": 0.8,
 \"StartTimeOffset\": \"-PT6H\", \"EndTimeOffset\": \"-PT0H\"}"
watch $name ModelBias found
lap schedule

aws sagemaker delete-model-bias-job-definition --job-definition-name $name
aws sagemaker delete-model --model-name $name
finish
