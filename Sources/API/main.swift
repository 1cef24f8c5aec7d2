import Hummingbird
import NIOWebSocket

print("api")
