import Jira
print("worker")
