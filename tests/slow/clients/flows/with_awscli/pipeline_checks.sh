# A pipeline with check steps, by awscli alone: first baselines, checks that pass, and two that fail.
. "$PYTHONPATH/shell.sh"
name=churn-checked-cli
churn=$data/churn
headers=$(headers_of "$churn/validation-dataset-with-header.csv")

mkdir -p upload/data upload/config/data upload/config/model upload/code
for file in training-dataset-with-header validation-dataset-with-header test-dataset validation_with_predictions; do
  cp "$churn/$file.csv" upload/data
done
{
  head -n 1 "$churn/training-dataset-with-header.csv"
  sed 's/^/0,/' "$churn/test-dataset-input-cols.csv"
} >upload/data/drifted.csv
cp "$churn/xgb-churn-prediction-model.tar.gz" upload/model.tar.gz
python "$PYTHONPATH/check_pipeline.py" "$bucket" $name >pipeline.json
python -c 'import check_pipeline; print(check_pipeline.EVALUATE)' >upload/code/evaluate.py
for kind in data:pre model:post; do
  python -c 'import check_pipeline, json, sys; print(json.dumps(check_pipeline.bias_config(*map(eval, sys.argv[1:]))))' \
    "$headers" "'${kind#*:}_training_bias'" >"upload/config/${kind%:*}/analysis_config.json"
done
aws s3 sync upload "s3://$bucket" --only-show-errors
aws sagemaker create-model-package-group --model-package-group-name $name >created.json
aws sagemaker create-pipeline --pipeline-name $name --pipeline-definition file://pipeline.json --role-arn $role \
  --parallelism-configuration MaxParallelExecutionSteps=4 >created.json
lap pipeline

# An execution to its end: run PLACE PARAMETERS... leaves its status and its steps in found/PLACE
run() {
  place=found/$1
  mkdir -p "$place"
  shift
  aws sagemaker start-pipeline-execution --pipeline-name $name ${1:+--pipeline-parameters "$@"} \
    --query PipelineExecutionArn --output text >arn
  while :; do
    aws sagemaker describe-pipeline-execution --pipeline-execution-arn "$(cat arn)" \
      --query PipelineExecutionStatus --output json >"$place/status.json"
    case $(cat "$place/status.json") in '"Executing"' | '"Stopping"') sleep 1 ;; *) break ;; esac
  done
  aws sagemaker list-pipeline-execution-steps --pipeline-execution-arn "$(cat arn)" >steps.json
  python -c 'import json; steps = json.load(open("steps.json"))["PipelineExecutionSteps"]
print(json.dumps({each["StepName"]: each for each in steps}))' >"$place/steps.json"
}

first='Name=SkipCheck,Value=True Name=RegisterNewBaseline,Value=True'
run first $first
id=$(sed 's/.*\///' arn)
aws s3 sync "s3://$bucket/runs/$id" first --only-show-errors
for check in DataQuality:constraints ModelQuality:constraints DataBias:analysis ModelBias:analysis; do
  step=${check%:*}Check
  mkdir -p "found/documents/$step"
  cp "first/$step/${check#*:}.json" "found/documents/$step/CalculatedBaselineConstraints.json"
done
version=$(aws sagemaker list-model-packages --model-package-group-name $name \
  --query 'ModelPackageSummaryList[0].ModelPackageArn' --output text)
aws sagemaker update-model-package --model-package-arn "$version" --model-approval-status Approved >created.json
aws sagemaker describe-model-package --model-package-name "$version" >found/package.json
job=$(aws sagemaker list-processing-jobs --name-contains "$id-Evaluate" \
  --query 'ProcessingJobSummaries[0].ProcessingJobName' --output text)
log_of ProcessingJobs "$job" >found/log.json
lap 'first baselines'

run checked
lap 'checks that pass'
run violated "Name=TrainingDataUrl,Value=s3://$bucket/data/drifted.csv"
mkdir -p found/violations/DataQualityCheck
fetch "runs/$(sed 's/.*\///' arn)/DataQualityCheck/constraint_violations.json" \
  found/violations/DataQualityCheck/ViolationReport.json
lap 'a violation'
run refused $first Name=MinimumAccuracy,Value=0.99
aws sagemaker list-model-packages --model-package-group-name $name --query 'length(ModelPackageSummaryList)' \
  >found/versions.json
lap 'a condition'

aws sagemaker delete-pipeline --pipeline-name $name >created.json
finish
