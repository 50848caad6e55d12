-- A case of a person who is approved has one more task: companies that were left waiting for that are asked again.

alter table kyc_cases drop constraint kyc_cases_task_check;

alter table kyc_cases add constraint kyc_cases_task
  check (task in ('submit', 'refresh', 'cancel', 'companies')) not valid;

alter table kyc_cases validate constraint kyc_cases_task;
