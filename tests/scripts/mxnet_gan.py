"""Two trainers, one batch: the discriminator first, then the generator."""
import mxnet as mx
from mxnet import autograd, gluon, nd


class Noise(gluon.Block):
    def forward(self, like):
        return nd.random.normal(shape=(like.shape[0], 8))


mx.random.seed(5)
generator, critic, noise = gluon.nn.Sequential(), gluon.nn.Sequential(), Noise()
generator.add(gluon.nn.Dense(16, activation="relu"), gluon.nn.Dense(4))
critic.add(gluon.nn.Dense(16, activation="relu"), gluon.nn.Dense(1))
for net in (generator, critic):
    net.initialize()
loss_of = gluon.loss.SigmoidBCELoss()
train_critic = gluon.Trainer(critic.collect_params(), "adam")
train_generator = gluon.Trainer(generator.collect_params(), "adam")
real = nd.random.normal(2, 1, shape=(12, 4))
for _ in range(10):
    with autograd.record():
        fake = generator(noise(real))
        loss = (loss_of(critic(real), nd.ones((12,))) + loss_of(critic(fake.detach()), nd.zeros((12,)))) / 2
    autograd.backward([loss])
    train_critic.step(12)
    with autograd.record():
        loss = loss_of(critic(generator(noise(real))), nd.ones((12,)))
    loss.backward()
    train_generator.step(12)
mx.nd.waitall()
