// TramlineModel
